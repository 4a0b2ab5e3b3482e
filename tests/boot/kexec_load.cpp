// SPDX-License-Identifier: Apache-2.0
// kexec_load KERNEL INITRD CMDLINE: what kexec(8) -l does, for the boot tests.
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fputs("usage: kexec_load KERNEL INITRD CMDLINE\n", stderr);
        return 2;
    }
    const int kernel = open(argv[1], O_RDONLY | O_CLOEXEC);
    const int initrd = open(argv[2], O_RDONLY | O_CLOEXEC);
    if (syscall(SYS_kexec_file_load, kernel, initrd, std::strlen(argv[3]) + 1, argv[3], 0L) != 0) {
        std::perror("kexec_load");
        return 1;
    }
    return 0;
}
