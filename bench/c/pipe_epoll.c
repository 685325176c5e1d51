/* One way from a byte written to a pipe to the process that waits for it in epoll: half of a ping-pong of two. */
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
#include "batches.h"

static int there[2], back[2], events;

static int watch(int descriptor)
{
    struct epoll_event event = { .events = EPOLLIN };
    int const made = epoll_create1(0);
    must(made >= 0 && !epoll_ctl(made, EPOLL_CTL_ADD, descriptor, &event), "epoll");
    return made;
}

static int hear(int descriptor)
{
    struct epoll_event event;
    char byte;
    must(epoll_wait(events, &event, 1, -1) == 1, "epoll_wait");
    return read(descriptor, &byte, 1) == 1;
}

static void round_trip(void)
{
    must(write(there[1], "!", 1) == 1, "write");
    must(hear(back[0]), "read");
}

int main(int argc, char **argv)
{
    must(!pipe(there) && !pipe(back), "pipe");
    pid_t const pid = fork();
    must(pid >= 0, "fork");
    if (!pid) {
        close(there[1]);
        events = watch(there[0]);
        while (hear(there[0]))
            must(write(back[1], "!", 1) == 1, "write");
        _exit(0);
    }
    events = watch(back[0]);
    run_batches(argc, argv, round_trip, 2);
    close(there[1]);
    waitpid(pid, 0, 0);
    return 0;
}
