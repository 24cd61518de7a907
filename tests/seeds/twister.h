/* SPDX-License-Identifier: MIT
 *
 * twister.h - the numbers Python's random.Random(seed) gives.
 *
 * The Mersenne Twister MT19937, written from its definition, seeded with one
 * number the way Python does it (as an array of one word).  Used by the
 * program that sleeps for random times and by the test that adds them up.
 */
#ifndef TWISTER_H
#define TWISTER_H

#include <stdint.h>

enum { TWISTER_WORDS = 624, TWISTER_SHIFT = 397 };

struct twister {
    uint32_t word[TWISTER_WORDS];
    int at; /* the next word to give; TWISTER_WORDS: make new ones */
};

static inline void twister_seed(struct twister *t, uint32_t seed)
{
    uint32_t *w = t->word;
    w[0] = 19650218u;
    for (uint32_t i = 1; i < TWISTER_WORDS; i++)
        w[i] = 1812433253u * (w[i - 1] ^ w[i - 1] >> 30) + i;

    /* With a single word of seed, the index into it stays 0. */
    uint32_t i = 1;
    for (int k = 0; k < TWISTER_WORDS; k++) {
        w[i] = (w[i] ^ (w[i - 1] ^ w[i - 1] >> 30) * 1664525u) + seed;
        if (++i == TWISTER_WORDS) {
            w[0] = w[TWISTER_WORDS - 1];
            i = 1;
        }
    }
    for (int k = 1; k < TWISTER_WORDS; k++) {
        w[i] = (w[i] ^ (w[i - 1] ^ w[i - 1] >> 30) * 1566083941u) - i;
        if (++i == TWISTER_WORDS) {
            w[0] = w[TWISTER_WORDS - 1];
            i = 1;
        }
    }
    w[0] = 0x80000000u;
    t->at = TWISTER_WORDS;
}

static inline void twister_turn(struct twister *t)
{
    uint32_t *w = t->word;
    for (int i = 0; i < TWISTER_WORDS; i++) {
        uint32_t y =
            (w[i] & 0x80000000u) | (w[(i + 1) % TWISTER_WORDS] & 0x7fffffffu);
        w[i] = w[(i + TWISTER_SHIFT) % TWISTER_WORDS] ^ y >> 1 ^
               (y & 1 ? 0x9908b0dfu : 0);
    }
    t->at = 0;
}

static inline uint32_t twister_word(struct twister *t)
{
    if (t->at == TWISTER_WORDS)
        twister_turn(t);
    uint32_t y = t->word[t->at++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

/* Random.random(): 53 bits, from 0 up to, not including, 1. */
static inline double twister_random(struct twister *t)
{
    uint32_t high = twister_word(t) >> 5, low = twister_word(t) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
}

/* Random.randint(0, most), most < 2 ** 31: as many bits as most + 1 has, again
 * until they are not too many. */
static inline uint32_t twister_upto(struct twister *t, uint32_t most)
{
    int bits = 1;
    while ((most + 1) >> bits != 0)
        bits++;
    uint32_t x;
    do
        x = twister_word(t) >> (32 - bits);
    while (x > most);
    return x;
}

#endif
