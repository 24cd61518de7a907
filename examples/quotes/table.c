/* SPDX-License-Identifier: MIT
 *
 * table.c - lines on a terminal that are drawn again in place.
 *
 * Three sequences are used: cursor up, erase to the end, and colors, which
 * NO_COLOR switches off.  No mode of the terminal is changed and each drawing
 * is one write that leaves the cursor below it, so there is nothing to
 * restore, wherever the program is interrupted.
 */
#include "pipeline.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void measure(struct table *t)
{
    struct winsize size;
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    t->width = known && size.ws_col > 1 ? size.ws_col : 80;
    t->width--; /* erasing behind a full line would erase its end */
    t->height = known && size.ws_row > 0 ? size.ws_row : 24;
}

void table_open(struct table *t, struct output *out)
{
    const char *no_color = getenv("NO_COLOR");
    *t = (struct table){.out = out, .color = !no_color || !*no_color};
    measure(t);
}

const char *table_color(const struct table *t, enum color color)
{
    static const char *const sequences[] = {"\033[0m", "\033[32m", "\033[31m",
                                            "\033[2m"};
    return t->color ? sequences[color] : "";
}

int table_begin(struct table *t)
{
    measure(t);
    int up = t->lines;
    t->lines = 0;
    return up > 0 ? output_printf(t->out, "\033[%dA\r", up) : 0;
}

/* How many bytes of line fit into *room columns, and how many columns are left
 * then: an escape sequence takes none, a character of several bytes one. */
static size_t fitting(const char *line, int *room)
{
    size_t i = 0;
    for (; line[i]; i++) {
        if (line[i] == '\033') {
            i += strcspn(line + i, "m");
            continue;
        }
        bool begins = ((unsigned char)line[i] & 0xc0) != 0x80;
        if (begins && *room == 0)
            break;
        *room -= begins;
    }
    return i;
}

int table_room(const struct table *t, const char *line)
{
    int room = t->width;
    fitting(line, &room);
    return room;
}

int table_line(struct table *t, const char *line)
{
    int room = t->width;
    t->lines++;
    CEDE_TRY(output_text(t->out, (struct text){line, fitting(line, &room)}));
    return output_printf(t->out, "%s\033[K\n", table_color(t, PLAIN));
}
