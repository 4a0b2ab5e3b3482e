// SPDX-License-Identifier: Apache-2.0
// libcap-ng's table of names is an object of its own in the static library, but refers to the variable `last_cap` of
// the other one, whose capng_change_id() (never called: it needs NSS) brings in name services, stdio's scanner, syslog
// and time zones: 170 kB. A definition of ours keeps that object out. Weak: where the library brings its own, that one
// counts.
extern "C" {
extern unsigned int last_cap;
__attribute__((weak)) unsigned int last_cap = 63;
}
