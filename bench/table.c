/* SPDX-License-Identifier: MIT
 *
 * table.c - one row a subject, one line a target; JSON objects, one a line,
 * that bench/run puts into arrays.
 */
#include "table.h"
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_heading(void)
{
    printf("%-22s %-12s %9s %9s %9s %8s  %-15s %8s\n", "figure", "subject",
           "value", "min", "max", "/ floor", "90 % interval", "/ cede");
}

/* ---- printing -------------------------------------------------------- */

/* As many digits behind the point as help. */
static int digits(double x)
{
    if (x < 0.1)
        return 3;
    return x < 10 ? 2 : x < 1000 ? 1 : 0;
}

static void print_number(int width, double x)
{
    printf(" %*.*f", width, digits(x), x);
}

static void print_ratio(const struct stats *ratio)
{
    if (ratio->n == 0)
        return (void)printf("%26s", "");
    char interval[32];
    int places = digits(ratio->hi);
    snprintf(interval, sizeof(interval), "%.*f to %.*f%s", places, ratio->lo,
             places, ratio->hi, stats_vague(ratio) ? "?" : "");
    printf(" %8.*f  %-15s", places, ratio->median, interval);
}

static void print_value(const struct table_row *row)
{
    int is_first = strcmp(row->subject, "cede") == 0;
    printf("%-22s %-12s", is_first ? row->figure : "", row->subject);
    print_number(6, row->value.median);
    printf(" %-2s", strcmp(row->unit, "bytes") == 0 ? "B" : row->unit);
    print_number(9, row->value.min);
    print_number(9, row->value.max);
    print_ratio(&row->to_floor);
}

static void end_row(void)
{
    printf("\n");
    fflush(stdout);
}

static void print_row(const struct table_row *row)
{
    print_value(row);
    if (row->to_cede.n > 0)
        print_number(8, row->to_cede.median);
    end_row();
}

static void print_target(const char *subject, const char *against,
                         double at_most, const char *outcome)
{
    printf("%-22s ", "");
    if (at_most >= 1)
        printf("%s <= %.2f x %s: %s\n", subject, at_most, against, outcome);
    else
        printf("%s >= %.3g x faster than %s: %s\n", subject, 1 / at_most,
               against, outcome);
    fflush(stdout);
}

/* ---- keeping --------------------------------------------------------- */

static FILE *append(const char *name)
{
    const char *folder = getenv("BENCH_OUT");
    if (!folder)
        return NULL;
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "a");
    bench_require(file != NULL, "cannot write to the folder BENCH_OUT");
    return file;
}

static void finish(FILE *file)
{
    bench_require(fclose(file) == 0, "cannot write to the folder BENCH_OUT");
}

static void keep_ratio(FILE *file, const char *name, const struct stats *ratio)
{
    if (ratio->n > 0)
        fprintf(file, "\"%s\": %.4f, \"lo\": %.4f, \"hi\": %.4f", name,
                ratio->median, ratio->lo, ratio->hi);
    else
        fprintf(file, "\"%s\": null, \"lo\": null, \"hi\": null", name);
}

static void keep_row(const struct table_row *row)
{
    FILE *file = append("results");
    if (!file)
        return;
    fprintf(file,
            "{\"figure\": \"%s\", \"subject\": \"%s\", \"value\": %.4f, "
            "\"unit\": \"%s\", \"min\": %.4f, \"max\": %.4f, \"n\": %d, ",
            row->figure, row->subject, row->value.median, row->unit,
            row->value.min, row->value.max, row->value.n);
    keep_ratio(file, "ratio_to_floor", &row->to_floor);
    fprintf(file, "}\n");
    finish(file);
}

static void keep_target(const char *figure, const char *subject,
                        const char *against, double at_most,
                        const struct stats *ratio, const char *outcome)
{
    FILE *file = append("targets");
    if (!file)
        return;
    fprintf(file,
            "{\"figure\": \"%s\", \"subject\": \"%s\", \"against\": \"%s\", "
            "\"at_most\": %.6g, ",
            figure, subject, against, at_most);
    keep_ratio(file, "ratio", ratio);
    fprintf(file, ", \"outcome\": \"%s\"}\n", outcome);
    finish(file);
}

/* ---- both ------------------------------------------------------------ */

void table_row(const struct table_row *row)
{
    print_row(row);
    if (!row->hidden)
        keep_row(row);
}

void table_verdict(const struct table_row *row, const struct stats *cede_needs,
                   const char *verdict)
{
    print_value(row);
    print_ratio(cede_needs);
    printf("  %s", verdict);
    end_row();
    keep_row(row);
}

void table_outcome(const char *figure, const char *subject, const char *against,
                   double at_most, const struct stats *ratio,
                   const char *outcome)
{
    print_target(subject, against, at_most, outcome);
    keep_target(figure, subject, against, at_most, ratio, outcome);
}

void table_target(const char *figure, const char *subject, const char *against,
                  double at_most, const struct stats *ratio)
{
    table_outcome(figure, subject, against, at_most, ratio,
                  stats_verdict(ratio, at_most));
}

void table_target_absent(const char *figure, const char *subject,
                         const char *against, double at_most)
{
    table_outcome(figure, subject, against, at_most, &(struct stats){.n = 0},
                  "not measured");
}
