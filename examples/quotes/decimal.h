/* SPDX-License-Identifier: MIT
 *
 * decimal.h - exact decimal numbers in integers.
 *
 * A price counts ten-thousandths, an average thousandths.  No floating point
 * anywhere, so that every printed digit is right.  Refused: exponents,
 * thousands separators, more than four decimals, more than 10^12.
 *
 * A header, because every quote passes through all of it and inlined it
 * costs half.
 */
#ifndef DECIMAL_H
#define DECIMAL_H

#include "csv.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { WHOLE_DIGITS = 13, DECIMALS = 4 };

#define LARGEST_PRICE (INT64_C(1000000000000) * 10000)

/* Sums of up to a million prices leave 64 bits, averages do not. */
__extension__ typedef __int128 wide;

/* Read digits into *value, which wraps, up to something else. */
static inline const char *read_digits(const char *at, const char *end,
                                      uint64_t *value)
{
    for (; at < end && (unsigned char)(*at - '0') < 10; at++)
        *value = *value * 10 + (uint64_t)(*at - '0');
    return at;
}

/* Are the digits at `at`, without leading zeros, too many for a price? */
static inline bool too_many(const char *at, ptrdiff_t n)
{
    for (; n > WHOLE_DIGITS && *at == '0'; at++)
        n--;
    return n > WHOLE_DIGITS;
}

/* Read a price, in 1/10000, up to what does not belong to it: *stop.  NULL, or
 * what is wrong with it. */
static inline const char *price_read(const char *at, const char *end,
                                     int64_t *price, const char **stop)
{
    static const uint64_t scale[DECIMALS + 1] = {10000, 1000, 100, 10, 1};
    bool minus = at < end && *at == '-';
    const char *begin = at + minus;
    if (begin < end && !minus && *begin == '+')
        begin++;

    uint64_t value = 0;
    const char *dot = read_digits(begin, end, &value);
    ptrdiff_t decimals = 0;
    *stop = dot;
    if (dot < end && *dot == '.') {
        *stop = read_digits(dot + 1, end, &value);
        decimals = *stop - dot - 1;
    }
    if (dot - begin + decimals == 0)
        return "is not a number";
    if (decimals > DECIMALS)
        return "has more than four decimals";
    value *= scale[decimals];
    if (value > LARGEST_PRICE || too_many(begin, dot - begin))
        return "is over 10^12";
    *price = minus ? -(int64_t)value : (int64_t)value;
    return NULL;
}

/* The same of a text that must be a price and nothing else. */
static inline const char *price_parse(struct text text, int64_t *price)
{
    const char *end = text.at + text.size;
    const char *stop;
    const char *wrong = price_read(text.at, end, price, &stop);
    return stop == end ? wrong : "is not a number";
}

/* sum / divisor (> 0), rounded half to even. */
static inline int64_t divide_half_even(wide sum, int64_t divisor)
{
    int64_t quotient, rest;
    if (sum == (int64_t)sum) { /* nearly always, and several times faster */
        quotient = (int64_t)sum / divisor;
        rest = (int64_t)sum % divisor;
    } else {
        quotient = (int64_t)(sum / divisor);
        rest = (int64_t)(sum % divisor);
    }
    /* No branches: which way to round is a coin flip, badly predicted. */
    int64_t twice = 2 * (rest < 0 ? -rest : rest);
    int64_t away = (twice > divisor) | ((twice == divisor) & (quotient & 1));
    return quotient + (sum < 0 ? -away : away);
}

/* Write a number below 1000 to 4 bytes at out, without its first `skip`
 * digits of three.  All at once and without branches: how many digits a price
 * has is hard to predict. */
static inline void write_three(char *out, uint32_t number, int skip)
{
    uint32_t digits =
        0x303030 + number / 100 + (number / 10 % 10 << 8) + (number % 10 << 16);
    digits = htole32(digits >> 8 * skip);
    memcpy(out, &digits, sizeof digits);
}

/* Write value, in 1/1000, with three decimals.  Takes 24 bytes at out, whatever
 * it needs of them; the end of what was written. */
static inline char *decimal_write(char *out, int64_t value)
{
    uint64_t absolute = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t whole = absolute / 1000;
    if (value < 0)
        *out++ = '-';

    /* Three digits at a time, the first ones without leading zeros. */
    uint64_t unit = 1;
    while (whole >= 1000 * unit)
        unit *= 1000;
    uint32_t first = (uint32_t)(unit == 1 ? whole : whole / unit);
    int skip = (first < 100) + (first < 10);
    write_three(out, first, skip);
    for (out += 3 - skip; unit > 1; out += 3) {
        unit /= 1000;
        write_three(out, (uint32_t)(whole / unit % 1000), 0);
    }

    *out++ = '.';
    write_three(out, (uint32_t)(absolute % 1000), 0);
    return out + 3;
}

#endif
