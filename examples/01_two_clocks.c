#include <cede.h>
#include <stdio.h>

static int ticks(cede_gen *self, void *pace) /* a generator, and it waits */
{
    int rc = 0;
    for (int n = 1; rc >= 0; n++) {
        CEDE_TRY(cede_sleep(*(cede_time *)pace));
        rc = cede_yield(self, &n);
    }
    return rc;
}

static int clock_task(void *pace) /* a task: int fn(void *), like any other */
{
    cede_each (int, n, cede_gen_of(int, ticks, pace))
        printf("%3d ms, tick %d\n", (int)(*(cede_time *)pace / CEDE_MS), n);
    return cede_each_error();
}

static int amain(void *arg)
{
    (void)arg;
    cede_scope limit;
    cede_enter(&limit, cede_in(250 * CEDE_MS)); /* one deadline for it all */
    CEDE_GROUP(clocks); /* whose tasks are over when the block is */
    cede_go(&clocks, clock_task, &(cede_time){50 * CEDE_MS});
    cede_go(&clocks, clock_task, &(cede_time){80 * CEDE_MS});
    return cede_leave(&limit, cede_join(&clocks));
}

int main(void)
{
    return cede_run(amain, NULL) == -ETIMEDOUT ? 0 : 1; /* time is up */
}
