/* SPDX-License-Identifier: MIT
 *
 * 14_offload.c - threads where they must be: a call that blocks, and work that
 * computes for long, while the other tasks go on.
 */
#include <cede.h>
#include <stdio.h>
#include <unistd.h>

static int reads_slowly(void *line) /* on a thread, which may block */
{
    usleep(10 * 1000);
    return snprintf(line, 32, "a line from far away");
}

static int ticks(void *unused)
{
    (void)unused;
    puts("meanwhile others run");
    return 0;
}

static int factors(void *n) /* works on its copy */
{
    int count = 0;
    for (int i = 1; i <= *(int *)n; i++)
        count += *(int *)n % i == 0;
    return *(int *)n = count;
}

static int amain(void *unused)
{
    (void)unused;
    CEDE_GROUP(group);
    cede_go(&group, ticks, NULL);
    char line[32];
    CEDE_TRY(cede_offload(reads_slowly, line));
    puts(line);
    cede_pool *pool = cede_threads(0); /* a thread for each CPU */
    int numbers[] = {720720, 1000003, 1048576};
    cede_iter *items = cede_iter_new(cede_array(numbers, 3, sizeof(int)));
    cede_each (int, count, cede_map(pool, factors, items, 0))
        printf("%d factors\n", count);
    int rc = cede_each_error();
    cede_pool_close(pool);
    return cede_join_rc(&group, rc);
}

int main(void)
{
    return cede_run(amain, NULL) < 0;
}

/* Prints:
 * meanwhile others run
 * a line from far away
 * 240 factors
 * 2 factors
 * 21 factors
 */
