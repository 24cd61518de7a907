/* SPDX-License-Identifier: MIT
 *
 * progress.c - a bar on standard error while files are read.
 *
 * A task of its own that sleeps, draws and sleeps, until it is cancelled.
 * Shown only on a terminal, after half a second, and when the size of all
 * that is read is known, so that there is something to compare with.
 */
#include "pipeline.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BAR = 30 };

/* Bytes of all files together; 0 if that is not known. */
static int64_t total_size(const struct options *o)
{
    int64_t total = 0;
    for (int i = 0; i < o->n_files; i++) {
        struct stat about;
        int rc = strcmp(o->files[i], "-") == 0 ? fstat(STDIN_FILENO, &about)
                                               : stat(o->files[i], &about);
        if (rc < 0 || !S_ISREG(about.st_mode))
            return 0;
        total += about.st_size;
    }
    return total;
}

bool progress_is_wanted(const struct options *o)
{
    return isatty(STDERR_FILENO) && o->progress != OFF &&
           (o->progress == ON || !isatty(STDOUT_FILENO)) && total_size(o) > 0;
}

static void draw(int64_t done, int64_t total, cede_time elapsed)
{
    double part = done < total ? (double)done / (double)total : 1;
    double seconds = (double)elapsed / CEDE_SEC;
    int left = part > 0 ? (int)(seconds / part - seconds + 0.5) : 0;
    char bar[BAR + 1] = "";
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)(part * BAR));
    fprintf(stderr, "\r[%s] %3d %%  %.1f MB/s  %d:%02d left \033[K", bar,
            (int)(part * 100), (double)done / 1e6 / seconds, left / 60,
            left % 60);
}

int show_progress(void *arg)
{
    struct pipeline *p = arg;
    struct reading *reading = &p->reading;
    int64_t total = total_size(p->options);
    cede_time start = cede_now();
    int rc = cede_sleep(CEDE_SEC / 2);
    for (; rc == 0; rc = cede_sleep(CEDE_SEC / 10)) {
        draw(reading->bytes, total, cede_now() - start);
        reading->bar = true;
    }
    if (reading->bar)
        fputs("\r\033[K", stderr);
    reading->bar = false;
    return rc;
}
