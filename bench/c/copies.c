/* Two copies of a message, into a buffer and out of it. The third argument is the size of the message. */
#include <string.h>
#include "batches.h"

static size_t size;
static char *source, *buffer, *target;

static void step(void)
{
    memcpy(buffer, source, size);
    memcpy(target, buffer, size);
    __asm__ volatile("" : : "r"(target) : "memory");
}

int main(int argc, char **argv)
{
    size = argc > 3 ? strtoul(argv[3], 0, 0) : 65536;
    source = malloc(size);
    buffer = malloc(size);
    target = malloc(size);
    must(source && buffer && target, "malloc");
    memset(source, 1, size);
    memset(buffer, 2, size);
    memset(target, 3, size);
    run_batches(argc, argv, step, 1);
    return 0;
}
