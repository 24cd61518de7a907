/* SPDX-License-Identifier: MIT
 *
 * forks.c - which process this is.
 */
#include "base/forks.h"

#include <pthread.h>

unsigned cd_forks;

static void in_child(void)
{
    cd_forks++;
}

static void watch(void)
{
    pthread_atfork(NULL, NULL, in_child);
}

void cd_forks_count(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch);
}
