/* SPDX-License-Identifier: MIT
 *
 * landing_test.c - every indirect branch of the library lands where one may.
 *
 * On ARM with branch target identification, pages can be told to refuse
 * indirect branches to anything but a landing pad.  This program tells its own
 * to, library included, and then switches in every way there is.  Skipped
 * where the processor or the compiler's options have no such thing.
 */
#include <cede.h>
#include <stdio.h>

enum { SKIPPED = 77 };

#ifdef __ARM_FEATURE_BTI_DEFAULT
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PROT_BTI
#define PROT_BTI 0x10
#endif
#ifndef HWCAP2_BTI
#define HWCAP2_BTI (1 << 17)
#endif

extern char __executable_start[], etext[];

static void refuse_other_landings(void)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (uintptr_t)__executable_start & ~(page - 1);
    uintptr_t to = ((uintptr_t)etext + page - 1) & ~(page - 1);
    if (mprotect((void *)from, to - from, PROT_READ | PROT_EXEC | PROT_BTI))
        _exit(SKIPPED);
}

static int yields_twice(cede_gen *self, void *arg)
{
    CEDE_TRY(cede_yield(self, arg));
    return cede_yield(self, arg);
}

static int lets_others_run(void *arg)
{
    for (int i = 0; i < 3; i++)
        CEDE_TRY(cede_sleep(0));
    return arg != NULL;
}

static int switches_in_every_way(void *arg)
{
    cede_gen *g = cede_gen_of(int, yields_twice, arg);
    int n = 0, x;
    while (cede_next(g, &x) == 1)
        n += x;
    CEDE_GROUP(both);
    cede_go(&both, lets_others_run, NULL);
    cede_go(&both, lets_others_run, NULL);
    CEDE_TRY(cede_join(&both));
    return cede_gen_close(g) == 0 && n == 2 ? 0 : -EINVAL;
}

static int runs(void)
{
    return cede_run(switches_in_every_way, &(int){1});
}

static int lands_beside(void)
{
    __asm__ volatile("adr x9, 1f\n\t"
                     "br x9\n"
                     "1: nop"
                     :
                     :
                     : "x9");
    return 0;
}

/* It calls parts of the C library that are in this program and may have no
 * landings, pthread_atfork for one: has all of that done, and nothing switch,
 * as emulators do not look at code twice. */
static void meet_the_library(void)
{
    const cede_options o = {.poller = "no such thing"};
    if (cede_run_with(&o, switches_in_every_way, NULL) >= 0)
        _exit(2);
}

/* How fn ended with landings checked. */
static int status_of(int (*fn)(void))
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        meet_the_library();
        refuse_other_landings();
        _exit(fn() == 0 ? 0 : 1);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return status;
}

int main(void)
{
    if (!(getauxval(AT_HWCAP2) & HWCAP2_BTI)) {
        puts("skipped: this processor does not check where branches land");
        return SKIPPED;
    }
    int beside = status_of(lands_beside);
    if (!WIFSIGNALED(beside) || WTERMSIG(beside) != SIGILL) {
        puts("skipped: branches beside a landing pad are not refused here");
        return SKIPPED;
    }
    int status = status_of(runs);
    if (status != 0)
        printf("switching ended with status %#x\n", (unsigned)status);
    return status != 0;
}

#else

int main(void)
{
    puts("skipped: not compiled with landing pads for ARM");
    return SKIPPED;
}

#endif
