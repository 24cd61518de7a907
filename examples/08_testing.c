/* SPDX-License-Identifier: MIT
 *
 * 08_testing.c - a test that tries every order of tasks it can think of, and
 * cancels a function at every moment; two bugs that only such tests find.
 */
#include <cede.h>
#include <cede/testing.h>
#include <stdio.h>

static int load(void *loaded)
{
    *(bool *)loaded = true;
    return 0;
}

static int use(void *loaded)
{
    return *(bool *)loaded ? 0 : -ENOENT;
}

static int hopes(void *unused) /* that tasks run in the order of starting */
{
    (void)unused;
    bool loaded = false;
    return cede_gather(CEDE_CALLS({load, &loaded}, {use, &loaded}), NULL);
}

static int swaps(void *value) /* for a while; without a CEDE_DEFER */
{
    int before = *(int *)value;
    *(int *)value = 17;
    CEDE_TRY(cede_sleep(CEDE_SEC)); /* here, if cancelled */
    *(int *)value = before;
    return 0;
}

static int checks(void *unused)
{
    (void)unused;
    int value = 1, rc = swaps(&value);
    return value == 1 ? rc : -EPROTO;
}

int main(void)
{
    cede_sweep s;
    printf("hopes: %s\n",
           cede_sweep_seeds(100, hopes, NULL, &s) ? "bug" : "ok");
    printf("swaps: %s\n", cede_sweep_cancels(checks, NULL, &s) ? "bug" : "ok");
    return 0;
}

/* Prints:
 * hopes: bug
 * swaps: bug
 */
