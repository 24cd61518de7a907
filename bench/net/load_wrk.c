/* SPDX-License-Identifier: MIT
 *
 * load_wrk.c - requests for a page by wrk, whose output says how many, how
 * fast, and how long they took.  It knows whole seconds only.
 */
#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "1.23ms" in nanoseconds. */
static double duration(const char *text)
{
    char *unit;
    double value = strtod(text, &unit);
    if (strncmp(unit, "us", 2) == 0)
        return value * 1e3;
    return strncmp(unit, "ms", 2) == 0 ? value * 1e6 : value * 1e9;
}

/* wrk has its percentiles ready: as many values there as say the same. */
static void add_part(struct load_run *r, const char *line, int count)
{
    const char *text = strchr(line, '%') + 1;
    for (int i = 0; i < count; i++)
        histogram_add(&r->times, (long long)duration(text));
}

static void hear(struct load_run *r, const char *line)
{
    double rate;
    long count;
    if (strstr(line, " 50%"))
        add_part(r, line, 50);
    else if (strstr(line, " 99%"))
        add_part(r, line, 50);
    else if (strstr(line, "requests in") && sscanf(line, "%ld", &count) == 1)
        r->done = count;
    else if (sscanf(line, "Requests/sec: %lf", &rate) == 1)
        r->seconds = (double)(r->measured = r->done) / rate;
    else if (strstr(line, "Non-2xx") || strstr(line, "Socket errors"))
        r->lost++;
}

void load_wrk(const struct load *l, struct load_run *r)
{
    char line[256];
    snprintf(line, sizeof(line),
             "exec wrk -t1 -c%d -d%ds --latency http://127.0.0.1:%d/",
             l->connections, (l->ms + 999) / 1000, l->port);
    FILE *wrk = popen(line, "r");
    load_require(wrk != NULL, "cannot start wrk");
    while (fgets(line, sizeof(line), wrk))
        hear(r, line);
    load_require(pclose(wrk) == 0 && r->measured > 0, "wrk failed");
    load_require(r->lost == 0, "wrk met with errors");
}
