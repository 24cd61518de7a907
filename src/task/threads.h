/* SPDX-License-Identifier: MIT
 *
 * threads.h - what the rest of the floor knows of loops on several threads.
 */
#ifndef CD_TASK_THREADS_H
#define CD_TASK_THREADS_H

/* SIGINT has cancelled the main task of this thread: it is to cancel those of
 * the threads that it runs with, if there are any. */
void cd_threads_interrupt(void);

#endif
