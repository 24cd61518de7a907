/* SPDX-License-Identifier: MIT
 *
 * columns.c - which column is the symbol, the date, the price.
 *
 * A first line whose price is no number is a header; its names are compared
 * without regard to case, and --columns has the last word, by name or by
 * number.  Without a header there must be three columns, or numbers for them.
 */
#include "quote.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What people call them, the likeliest first. */
static const struct {
    const char *name;
    const char *headings[6];
} roles[ROLES] = {
    [SYMBOL] = {"symbol", {"symbol", "ticker", "name"}},
    [DATE] = {"date", {"date", "time", "timestamp"}},
    [PRICE] = {"price", {"price", "close", "adj close", "last", "value"}},
};

const char *role_name(int role)
{
    return roles[role].name;
}

static bool same_name(struct text a, struct text b)
{
    return a.size == b.size && strncasecmp(a.at, b.at, a.size) == 0;
}

static bool is_number(struct text text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return text.size > 0;
}

/* The column that the digits in text say, from 0; -1: not one of ours. */
static int numbered(struct text text)
{
    int number = 0;
    for (size_t i = 0; i < text.size && number <= MAX_COLUMNS; i++)
        number = number * 10 + (text.at[i] - '0');
    return number <= MAX_COLUMNS ? number - 1 : -1;
}

static int parse_one(struct text name, struct text column,
                     struct column_choice *choice)
{
    for (int role = 0; role < ROLES; role++) {
        if (!same_name(name, text_of(roles[role].name)))
            continue;
        if (column.size == 0 || (is_number(column) && numbered(column) < 0))
            break;
        choice->of[role] = column;
        return 0;
    }
    return cede_fail(-EINVAL,
                     "--columns: '%.*s=%.*s' is not symbol=, date= or price= "
                     "and a column's name or number (1 to %d)",
                     (int)name.size, name.at, (int)column.size, column.at,
                     MAX_COLUMNS);
}

int columns_parse(const char *option, struct column_choice *choice)
{
    for (const char *at = option;; at++) {
        size_t size = strcspn(at, ",");
        const char *equals = memchr(at, '=', size);
        struct text name = {at, equals ? (size_t)(equals - at) : size};
        struct text column = {at + size, 0};
        if (equals)
            column = (struct text){equals + 1, size - name.size - 1};
        CEDE_TRY(parse_one(name, column, choice));
        at += size;
        if (*at == '\0')
            return 0;
    }
}

static int find_name(struct text name, const struct text *fields, int n)
{
    for (int i = 0; i < n; i++)
        if (same_name(name, fields[i]))
            return i;
    return -1;
}

/* The column of a role as the header names it; -1: none. */
static int find_heading(int role, struct text chosen, const struct text *fields,
                        int n)
{
    if (chosen.size > 0)
        return find_name(chosen, fields, n);
    int found = -1;
    for (int i = 0; roles[role].headings[i] && found < 0; i++)
        found = find_name(text_of(roles[role].headings[i]), fields, n);
    return found;
}

static bool is_price(struct text field)
{
    int64_t price;
    return price_parse(field, &price) == NULL;
}

int columns_find(const struct column_choice *choice, const struct text *fields,
                 int n, struct columns *columns)
{
    *columns = (struct columns){.of = {-1, -1, -1}};
    for (int role = 0; role < ROLES; role++) {
        int column = find_heading(role, choice->of[role], fields, n);
        if (column < 0 && is_number(choice->of[role]))
            column = numbered(choice->of[role]);
        if (column < n)
            columns->of[role] = column;
    }

    int price = columns->of[PRICE];
    bool header = price < 0 ? !(n == ROLES && is_price(fields[PRICE]))
                            : !is_price(fields[price]);
    for (int role = ROLES - 1; role >= 0; role--) {
        int *column = &columns->of[role];
        if (*column < 0 && !header && n == ROLES && !choice->of[role].size)
            *column = role;
        if (*column < 0 && (role != SYMBOL || choice->of[role].size > 0))
            return -1 - role;
        if (*column > columns->last)
            columns->last = *column;
    }
    return header;
}

int columns_missing(const struct columns *columns, int n)
{
    int missing = -1;
    for (int role = 0; role < ROLES; role++) {
        bool first = missing < 0 || columns->of[role] < columns->of[missing];
        if (columns->of[role] >= n && first)
            missing = role;
    }
    return missing;
}

struct text symbol_of_file(const char *file)
{
    const char *slash = strrchr(file, '/');
    struct text base = text_of(slash ? slash + 1 : file);
    const char *dot = strrchr(base.at, '.');
    if (dot && dot > base.at)
        base.size = (size_t)(dot - base.at);
    return base;
}
