/* The functions of bench/bare_code/kernels.py in C. With CHECKED, whatever the language checks is checked here, too. */

#include <stdint.h>
#include <stddef.h>

#ifdef CHECKED
__attribute__((cold, noreturn, noinline)) static void trap(void) { __builtin_trap(); }
#define ADD(a, b) ({ __typeof__(a) sum_; if (__builtin_add_overflow(a, b, &sum_)) trap(); sum_; })
#define SUB(a, b) ({ __typeof__(a) sum_; if (__builtin_sub_overflow(a, b, &sum_)) trap(); sum_; })
#define MUL(a, b) ({ __typeof__(a) sum_; if (__builtin_mul_overflow(a, b, &sum_)) trap(); sum_; })
#define AT(array, index) (array)[({ uint64_t at_ = (index); if (at_ >= sizeof(array) / sizeof(*(array))) trap(); at_; })]
#else
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#define AT(array, index) (array)[index]
#endif

enum { SIDE = 48, NODES = 4096 };

struct node { uint64_t value; uint32_t next; };
struct capability { uint32_t target, rights; uint64_t generation; };

static int64_t left[SIDE * SIDE], right[SIDE * SIDE], product[SIDE * SIDE];
static struct node nodes[NODES];
static uint32_t checksums[256];
static uint8_t text[4096];
static struct capability capabilities[1024];

uint64_t prepare(void)
{
    for (uint64_t i = 0; i < SIDE * SIDE; i++) {
        left[i] = (int64_t)(i % 17) - 8;
        right[i] = (int64_t)(i % 13) - 6;
    }
    for (uint64_t at = 0; at < NODES; at++) {
        nodes[at].value = at % 100;
        nodes[at].next = (uint32_t)((at * 1237 + 51) % NODES);
    }
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t checksum = byte;
        for (int i = 0; i < 8; i++)
            checksum = checksum & 1 ? (checksum >> 1) ^ 0xEDB88320 : checksum >> 1;
        checksums[byte] = checksum;
    }
    for (uint64_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7);
    for (uint64_t i = 0; i < 1024; i++) {
        capabilities[i].target = (uint32_t)(i * 31 % 1024);
        capabilities[i].rights = (uint32_t)(i % 8);
        capabilities[i].generation = i % 5;
    }
    return 0;
}

uint64_t numeric(uint64_t limit)
{
    uint64_t steps = 0;
    for (uint64_t start = 1; start < limit; start++) {
        uint64_t x = start;
        while (x != 1) {
            x = x % 2 == 0 ? x / 2 : ADD(MUL(x, (uint64_t)3), (uint64_t)1);
            steps = ADD(steps, (uint64_t)1);
        }
    }
    return steps;
}

uint64_t matrix(uint64_t rounds)
{
    for (uint64_t round = 0; round < rounds; round++)
        for (uint64_t row = 0; row < SIDE; row++)
            for (uint64_t column = 0; column < SIDE; column++) {
                int64_t total = 0;
                for (uint64_t at = 0; at < SIDE; at++)
                    total = ADD(total, MUL(AT(left, ADD(MUL(row, (uint64_t)SIDE), at)),
                                           AT(right, ADD(MUL(at, (uint64_t)SIDE), column))));
                AT(product, ADD(MUL(row, (uint64_t)SIDE), column)) = total;
            }
    return (uint64_t)ADD(product[0], product[2303]);
}

uint64_t chase(uint64_t steps)
{
    uint64_t total = 0;
    uint32_t at = 0;
    for (uint64_t i = 0; i < steps; i++) {
        struct node *node = &AT(nodes, at);
        total = ADD(total, node->value);
        at = node->next;
    }
    return total;
}

uint64_t table(uint64_t rounds)
{
    uint32_t checksum = 0;
    for (uint64_t round = 0; round < rounds; round++) {
        checksum = ~checksum;
        for (uint64_t i = 0; i < sizeof text; i++)
            checksum = AT(checksums, (checksum ^ text[i]) & 0xFF) ^ (checksum >> 8);
        checksum = ~checksum;
    }
    return checksum;
}

uint64_t lookup(uint64_t count)
{
    uint64_t allowed = 0, at = 1;
    for (uint64_t i = 0; i < count; i++) {
        struct capability *capability = &AT(capabilities, at);
        if ((capability->rights & 4) && capability->generation == at % 5)
            allowed = ADD(allowed, (uint64_t)1);
        at = ADD((uint64_t)capability->target, allowed) % 1024;
    }
    return allowed;
}
