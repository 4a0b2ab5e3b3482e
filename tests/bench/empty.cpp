// SPDX-License-Identifier: Apache-2.0
// What every static program is at least.
int main() {}
