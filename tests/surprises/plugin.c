/* SPDX-License-Identifier: MIT
 *
 * plugin.c - a shared object that uses the library, for a program that does
 * not know of it: once linked with libcede.so, once with a copy of its own.
 */
#include <cede.h>

static int squares(cede_gen *self, void *arg)
{
    for (int i = 0; i < *(int *)arg; i++)
        CEDE_TRY(cede_yield(self, &(int){i * i}));
    return 0;
}

static int adds_squares(void *arg)
{
    int sum = 0;
    cede_each (int, square, cede_gen_of(int, squares, arg)) {
        sum += square;
        CEDE_TRY(cede_sleep(CEDE_US));
    }
    return sum;
}

__attribute__((visibility("default"))) int plugin_sum(int n);
int plugin_sum(int n)
{
    return cede_run(adds_squares, &n);
}

static int recurses(cede_gen *self, void *arg)
{
    volatile char frame[1024];
    frame[0] = 1;
    return frame[0] ? recurses(self, arg) + frame[0] : 0;
}

__attribute__((visibility("default"))) void plugin_overflow(void);
void plugin_overflow(void)
{
    cede_next(cede_gen_of(int, recurses, NULL), NULL);
}
