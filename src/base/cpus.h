/* SPDX-License-Identifier: MIT
 *
 * cpus.h - how many processors there are to run on.
 */
#ifndef CD_BASE_CPUS_H
#define CD_BASE_CPUS_H

/* How many CPUs the calling thread may use; no fewer than one. */
unsigned cd_cpus(void);

#endif
