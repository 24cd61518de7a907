/* SPDX-License-Identifier: MIT
 *
 * quotes_straight.c - what cede-quotes prints, by one straight loop.
 *
 *     bench_quotes_straight [FILE] >OUTPUT
 *
 * The least C that does the job, to compare with: no library, no coroutines,
 * one pass from the input buffer to the output buffer.  It trusts its input:
 * a header, then "symbol,date,price" with plain fields, at most four decimals
 * and prices below 10^12; window 10.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WINDOW = 10,
    DIVISOR = 10 * WINDOW,
    BLOCK = 128 * 1024,
    MAX_LINE = 4096,
    SLOTS = 1 << 17
};

struct symbol {
    char *name;
    size_t size;
    uint64_t hash;
    int64_t prices[WINDOW]; /* in 1/10000 */
    int64_t sum;
    long count;
};

static struct symbol *slots[SLOTS];
static char in[BLOCK];
static char out[BLOCK];
static size_t out_size;

static uint64_t hash_of(const char *name, size_t size)
{
    uint64_t hash = size;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

static struct symbol *find(const char *name, size_t size)
{
    uint64_t hash = hash_of(name, size);
    size_t i = hash % SLOTS;
    for (; slots[i]; i = (i + 1) % SLOTS)
        if (slots[i]->hash == hash && slots[i]->size == size &&
            memcmp(slots[i]->name, name, size) == 0)
            return slots[i];
    struct symbol *s = calloc(1, sizeof *s);
    if (!s || !(s->name = malloc(size)))
        exit(2);
    memcpy(s->name, name, size);
    s->size = size;
    s->hash = hash;
    return slots[i] = s;
}

static int64_t parse_price(const char *at, const char *end)
{
    int64_t value = 0;
    int64_t scale = 10000;
    int negative = *at == '-';
    for (at += negative; at < end && *at != '.'; at++)
        value = value * 10 + (*at - '0');
    for (at++; at < end; at++, scale /= 10)
        value = value * 10 + (*at - '0');
    return negative ? -value * scale : value * scale;
}

/* sum / DIVISOR, which is the average in 1/1000, half to even. */
static int64_t average_of(int64_t sum)
{
    int64_t q = sum / DIVISOR;
    int64_t r = sum % DIVISOR;
    int64_t twice = 2 * (r < 0 ? -r : r);
    if (twice > DIVISOR || (twice == DIVISOR && q % 2 != 0))
        q += sum < 0 ? -1 : 1;
    return q;
}

static char *write_average(char *at, int64_t value)
{
    char digits[24];
    char *d = digits + sizeof digits;
    uint64_t rest = value < 0 ? (uint64_t)-value : (uint64_t)value;
    for (int n = 0; n < 3; n++, rest /= 10)
        *--d = (char)('0' + rest % 10);
    *--d = '.';
    do
        *--d = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--d = '-';
    size_t size = (size_t)(digits + sizeof digits - d);
    memcpy(at, d, size);
    return at + size;
}

static void flush(void)
{
    for (size_t done = 0; done < out_size;) {
        ssize_t n = write(STDOUT_FILENO, out + done, out_size - done);
        if (n < 0)
            exit(2);
        done += (size_t)n;
    }
    out_size = 0;
}

static void do_line(const char *line, const char *end)
{
    const char *comma = memchr(line, ',', (size_t)(end - line));
    const char *date_end = memchr(comma + 1, ',', (size_t)(end - comma - 1));
    struct symbol *s = find(line, (size_t)(comma - line));
    int64_t price = parse_price(date_end + 1, end);
    int64_t *slot = &s->prices[s->count % WINDOW];
    s->sum += price - *slot;
    *slot = price;
    s->count++;

    if (out_size > BLOCK - MAX_LINE - 64)
        flush();
    char *at = out + out_size;
    memcpy(at, line, (size_t)(end - line));
    at += end - line;
    *at++ = ',';
    if (s->count >= WINDOW)
        at = write_average(at, average_of(s->sum));
    *at++ = '\n';
    out_size = (size_t)(at - out);
}

/* Handle the complete lines of in[0, size); how many bytes they were. */
static size_t do_block(size_t size)
{
    static int headed;
    const char *at = in;
    const char *end;
    while ((end = memchr(at, '\n', (size_t)(in + size - at)))) {
        if (headed && end > at)
            do_line(at, end);
        headed = 1;
        at = end + 1;
    }
    return (size_t)(at - in);
}

int main(int argc, char **argv)
{
    int fd = argc > 1 ? open(argv[1], O_RDONLY) : STDIN_FILENO;
    if (fd < 0)
        return 2;
    static const char header[] = "symbol,date,price,sma10\n";
    memcpy(out, header, out_size = sizeof header - 1);

    size_t left = 0;
    ssize_t n;
    while ((n = read(fd, in + left, BLOCK - left)) > 0) {
        size_t done = do_block(left + (size_t)n);
        left += (size_t)n - done;
        memmove(in, in + done, left);
    }
    if (left > 0) { /* the last line had no end */
        in[left] = '\n';
        do_block(left + 1);
    }
    flush();
    return n < 0 ? 2 : 0;
}
