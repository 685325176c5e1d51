/* Times batches of one operation and prints the microseconds per operation, one line for each batch. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

/* Arguments of the program: operations per batch, number of batches. `per` operations count for one `step`. */
static void run_batches(int argc, char **argv, void (*step)(void), double per)
{
    int const size = argc > 1 ? atoi(argv[1]) : 1000, batches = argc > 2 ? atoi(argv[2]) : 5;
    for (int i = 0; i < size / 4; i++)
        step();                         /* warm up */
    for (int batch = 0; batch < batches; batch++) {
        double const begin = now();
        for (int i = 0; i < size; i++)
            step();
        printf("%.4f\n", (now() - begin) / size / per);
    }
}

static void must(int ok, char const *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}
