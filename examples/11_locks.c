/* SPDX-License-Identifier: MIT
 *
 * 11_locks.c - a bank: an event opens it, a semaphore has a permit for each of
 * its two clerks, a mutex guards the balance while who changes it waits.
 */
#include <cede.h>
#include <stdio.h>

static cede_event opening; /* zeroed: not set */
static cede_mutex ledger;  /* zeroed: unlocked */
static cede_sem clerks = CEDE_SEM(2);
static int balance;

static int pay_in(int amount)
{
    CEDE_TRY(cede_mutex_lock(&ledger));
    int before = balance;
    int rc = cede_sleep(CEDE_SEC); /* the others run, and must not pay in */
    balance = before + (rc < 0 ? 0 : amount);
    cede_mutex_unlock(&ledger);
    return rc;
}

static int shop(void *name)
{
    CEDE_TRY(cede_event_wait(&opening));
    CEDE_TRY(cede_sem_acquire(&clerks));
    int rc = cede_sleep(2 * CEDE_SEC); /* to be put through */
    if (rc == 0)
        rc = pay_in(10);
    printf("%2d s: %s\n", (int)(cede_now() / CEDE_SEC), (const char *)name);
    CEDE_TRY(cede_sem_release(&clerks));
    return rc;
}

static int amain(void *unused)
{
    (void)unused;
    CEDE_GROUP(town);
    const char *names[] = {"baker", "butcher", "florist", "grocer"};
    for (int i = 0; i < 4; i++)
        cede_go(&town, shop, (void *)names[i]);
    cede_event_set(&opening);
    int rc = cede_join(&town);
    printf("balance: %d\n", balance);
    return rc;
}

int main(void)
{
    return cede_run_with(&(cede_options){.poller = "virtual"}, amain, NULL) < 0;
}

/* Prints:
 *  4 s: baker
 *  5 s: butcher
 *  7 s: florist
 *  8 s: grocer
 * balance: 40
 */
