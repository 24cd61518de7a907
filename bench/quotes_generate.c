/* SPDX-License-Identifier: MIT
 *
 * quotes_generate.c - made-up quotes, as many bytes as asked for.
 *
 *     bench_quotes_generate BYTES [SYMBOLS] >FILE
 *
 * "symbol,date,price" as data vendors write them: tickers of one to five
 * letters in random order, ISO dates, prices that wander, with none to four
 * decimals but two most of the time.  The same arguments give the same file.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SYMBOLS = 100000, BUFFER = 1 << 16 };

static uint64_t seed = 42;

static uint32_t chance(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % n);
}

struct maker {
    char ticker[8];
    int64_t price; /* in 1/10000 */
};

/* The first five thousand or so are short, as tickers are. */
static void name(struct maker *m, uint32_t number)
{
    char *at = m->ticker;
    do
        *at++ = (char)('A' + number % 26);
    while ((number /= 26) > 0);
    *at = '\0';
}

static int print_row(char *out, struct maker *m, long row)
{
    static const int64_t units[] = {100, 100, 100, 100,  100,
                                    100, 10,  1,   1000, 10000};
    m->price += (int64_t)chance(20001) - 10000;
    if (m->price < 10000)
        m->price = 10000;
    int64_t unit = units[chance(10)];
    int64_t price = m->price / unit * unit;
    char text[32];
    int size = snprintf(text, sizeof text, "%ld.%04ld", (long)(price / 10000),
                        (long)(price % 10000));
    for (; unit >= 10; unit /= 10)
        size--;
    if (text[size - 1] == '.')
        size--;
    text[size] = '\0';
    return sprintf(out, "%s,%04ld-%02ld-%02ld,%s\n", m->ticker,
                   1970 + row / 700000 % 100, row / 60000 % 12 + 1,
                   row / 2000 % 28 + 1, text);
}

int main(int argc, char **argv)
{
    long long bytes = argc > 1 ? atoll(argv[1]) : 0;
    int n = argc > 2 ? atoi(argv[2]) : 100;
    if (bytes <= 0 || n < 1 || n > MAX_SYMBOLS) {
        fputs("Usage: bench_quotes_generate BYTES [SYMBOLS]\n", stderr);
        return 2;
    }
    struct maker *makers = calloc((size_t)n, sizeof *makers);
    if (!makers)
        return 2;
    for (int i = 0; i < n; i++) {
        name(&makers[i], (uint32_t)i);
        makers[i].price = 10000 * (5 + (int64_t)chance(500));
    }

    static char buffer[BUFFER];
    size_t size = (size_t)sprintf(buffer, "symbol,date,price\n");
    for (long row = 0; bytes > 0; row++) {
        struct maker *m = &makers[chance((uint32_t)n)];
        size += (size_t)print_row(buffer + size, m, row);
        if (size > BUFFER - 128) {
            if (fwrite(buffer, 1, size, stdout) != size)
                return 2;
            bytes -= (long long)size;
            size = 0;
        }
    }
    free(makers);
    return fflush(stdout) == 0 ? 0 : 2;
}
