/* SPDX-License-Identifier: MIT
 *
 * main.c - the smallest program that needs both pillars: a generator, stepped
 * by a task.
 */
#include <cede.h>

static int count(cede_gen *self, void *arg)
{
    const int *limit = arg;
    for (int i = 1; i <= *limit; i++)
        CEDE_TRY(cede_yield(self, &i));
    return 0;
}

static int add_up(void *arg)
{
    int *sum = arg;
    int limit = 3;
    cede_gen *numbers = cede_gen_of(int, count, &limit);
    int number;
    int rc;
    while ((rc = cede_next(numbers, &number)) > 0)
        *sum += number;
    cede_gen_close(numbers);
    return rc;
}

int main(void)
{
    int sum = 0;
    return cede_run(add_up, &sum) == 0 && sum == 6 ? 0 : 1;
}
