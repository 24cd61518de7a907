/* SPDX-License-Identifier: MIT
 *
 * quote.c - the text of a quote, field by field.
 */
#include "quote.h"

#include <string.h>

static char *append(char *out, struct text field)
{
    memcpy(out, field.at, field.size);
    out[field.size] = ',';
    return out + field.size + 1;
}

int quote_set(struct quote *q, struct text symbol, struct text date,
              struct text price)
{
    q->size = (uint16_t)(symbol.size + date.size + price.size + 3);
    q->symbol_size = (uint16_t)symbol.size;
    q->date_size = (uint16_t)date.size;
    q->heap = NULL;
    /* A word more: symbols.c reads names by the word. */
    if (q->size > sizeof q->inside && !(q->heap = malloc(q->size + 8u)))
        return cede_fail(-ENOMEM, "no memory for a quote");

    char *out = q->heap ? q->heap : q->inside;
    append(append(append(out, symbol), date), price);
    return 0;
}
