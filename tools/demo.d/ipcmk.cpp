// SPDX-License-Identifier: Apache-2.0
// ipcmk -Q, which BusyBox lacks: makes a System V message queue, so that one can see who shares an IPC namespace.
#include <cstdio>
#include <cstring>

#include <sys/ipc.h>
#include <sys/msg.h>

int main(int argc, char** argv) {
    if (argc != 2 || std::strcmp(argv[1], "-Q") != 0) {
        std::fputs("usage: ipcmk -Q\n", stderr);
        return 2;
    }
    const int id = msgget(IPC_PRIVATE, 0644);
    if (id < 0) {
        std::perror("ipcmk: msgget");
        return 1;
    }
    std::printf("Message queue id: %d\n", id);
    return 0;
}
