/* Ping-pong between two processes: 32 bytes with one descriptor there, which is closed, and 32 bytes back without. */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "batches.h"

static int ends[2], passed;
static char message[32];

static void round_trip(void)
{
    union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr header; } control = { { 0 } };
    struct iovec data = { message, sizeof message };
    struct msghdr out = { .msg_iov = &data, .msg_iovlen = 1,
                          .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
    struct cmsghdr *const header = CMSG_FIRSTHDR(&out);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &passed, sizeof passed);
    must(sendmsg(ends[0], &out, 0) == sizeof message, "sendmsg");
    must(recv(ends[0], message, sizeof message, 0) == sizeof message, "recv");
}

static void serve(void)
{
    for (;;) {
        union { char bytes[CMSG_SPACE(sizeof(int))]; struct cmsghdr header; } control;
        struct iovec data = { message, sizeof message };
        struct msghdr in = { .msg_iov = &data, .msg_iovlen = 1,
                             .msg_control = control.bytes, .msg_controllen = sizeof control.bytes };
        int received;
        if (recvmsg(ends[1], &in, MSG_CMSG_CLOEXEC) <= 0)
            return;
        must(CMSG_FIRSTHDR(&in) != 0, "no descriptor came");
        memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&in)), sizeof received);
        close(received);
        must(send(ends[1], message, sizeof message, 0) == sizeof message, "send");
    }
}

int main(int argc, char **argv)
{
    must(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), "socketpair");
    must((passed = open("/dev/null", O_RDONLY)) >= 0, "/dev/null");
    pid_t const pid = fork();
    must(pid >= 0, "fork");
    if (!pid) {
        close(ends[0]);
        serve();
        _exit(0);
    }
    close(ends[1]);
    run_batches(argc, argv, round_trip, 1);
    close(ends[0]);
    waitpid(pid, 0, 0);
    return 0;
}
