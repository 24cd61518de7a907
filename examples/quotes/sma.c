/* SPDX-License-Identifier: MIT
 *
 * sma.c - the simple moving average of one symbol, as a coroutine.
 *
 * It is sent a price and answers an average; what it has to remember between
 * two prices are its local variables: the last N prices in a ring, and their
 * exact sum.  A short ring is such a variable too; a longer one moves to the
 * heap and grows there as it fills.
 */
#include "quote.h"

#include <stdlib.h>

enum { SHORT = 16 };

struct ring {
    int64_t *prices; /* the last `count` ones */
    int64_t window;  /* the most that count */
    int64_t room, count;
    int64_t oldest; /* index of the price that goes next, once full */
    wide sum;       /* of all in it */
    int64_t few[SHORT];
};

static int grow(struct ring *r)
{
    bool was_short = r->prices == r->few;
    int64_t room = 2 * r->room;
    if (room > r->window)
        room = r->window;
    int64_t *prices =
        realloc(was_short ? NULL : r->prices, (size_t)room * sizeof *prices);
    if (!prices)
        return cede_fail(-ENOMEM, "no memory for a window of %lld prices",
                         (long long)r->window);
    if (was_short)
        memcpy(prices, r->few, sizeof r->few);
    r->prices = prices;
    r->room = room;
    return 0;
}

static inline int add(struct ring *r, int64_t price)
{
    if (r->count < r->window) {
        if (r->count == r->room)
            CEDE_TRY(grow(r));
        r->prices[r->count++] = price;
        r->sum += price;
        return 0;
    }
    r->sum += price - r->prices[r->oldest];
    r->prices[r->oldest] = price;
    if (++r->oldest == r->window)
        r->oldest = 0;
    return 0;
}

static inline int64_t average_of(const struct ring *r)
{
    /* Prices are in 1/10000, averages in 1/1000. */
    return r->count == r->window ? divide_half_even(r->sum, 10 * r->window)
                                 : NO_AVERAGE;
}

int sma(cede_gen *self, void *arg)
{
    struct ring ring = {.window = *(const int64_t *)arg, .room = SHORT};
    int64_t price = 0;
    int64_t average = NO_AVERAGE;
    int rc;

    if (ring.window < 1)
        return cede_fail(-EINVAL, "a window of no prices");
    ring.prices = ring.few;
    while ((rc = cede_exchange(self, &average, &price)) > 0) {
        if ((rc = add(&ring, price)) < 0)
            break;
        average = average_of(&ring);
    }
    if (ring.prices != ring.few)
        free(ring.prices);
    return rc;
}
