/* SPDX-License-Identifier: MIT
 *
 * list.h - intrusive doubly linked lists, circular, with a head.
 *
 * A node is a field of what it links; removing needs no head.  A node that is
 * in no list points to itself, so cd_list_linked() can tell and removing
 * twice is harmless.  struct cd_list is in <cede/base.h>, because types that
 * users own by value have some inside.
 */
#ifndef CD_BASE_LIST_H
#define CD_BASE_LIST_H

#include <cede/base.h>

#define cd_container(ptr, type, field)                                         \
    ((type *)(void *)((char *)(ptr)-offsetof(type, field)))

/* Every node from first to last; the body must not remove. */
#define cd_list_each(node, head)                                               \
    for (struct cd_list *node = (head)->next; node != (head); node = node->next)

static inline void cd_list_init(struct cd_list *l)
{
    l->next = l->prev = l;
}

static inline bool cd_list_linked(const struct cd_list *node)
{
    return node->next != node;
}

static inline bool cd_list_empty(const struct cd_list *head)
{
    return head->next == head;
}

static inline void cd_list_append(struct cd_list *head, struct cd_list *node)
{
    node->next = head;
    node->prev = head->prev;
    head->prev->next = node;
    head->prev = node;
}

static inline void cd_list_remove(struct cd_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    cd_list_init(node);
}

/* The same for a node that nobody will look at again. */
static inline void cd_list_unlink(struct cd_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
}

/* The first node, unlinked; NULL when there is none. */
static inline struct cd_list *cd_list_take(struct cd_list *head)
{
    struct cd_list *node = head->next;
    if (node == head)
        return NULL;
    cd_list_remove(node);
    return node;
}

/* All nodes of `from` to the end of `to`, in order. */
static inline void cd_list_move(struct cd_list *to, struct cd_list *from)
{
    if (cd_list_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    cd_list_init(from);
}

#endif
