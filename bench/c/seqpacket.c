/* Ping-pong of 32 bytes over a SOCK_SEQPACKET pair between two processes: four system calls per round trip. */
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "batches.h"

static int ends[2];
static char message[32];

static void round_trip(void)
{
    must(send(ends[0], message, sizeof message, 0) == sizeof message, "send");
    must(recv(ends[0], message, sizeof message, 0) == sizeof message, "recv");
}

int main(int argc, char **argv)
{
    must(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), "socketpair");
    pid_t const pid = fork();
    must(pid >= 0, "fork");
    if (!pid) {
        close(ends[0]);
        while (recv(ends[1], message, sizeof message, 0) > 0)
            must(send(ends[1], message, sizeof message, 0) == sizeof message, "send");
        _exit(0);
    }
    close(ends[1]);
    run_batches(argc, argv, round_trip, 1);
    close(ends[0]);
    waitpid(pid, 0, 0);
    return 0;
}
