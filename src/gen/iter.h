/* SPDX-License-Identifier: MIT
 *
 * iter.h - the inside of an iterator, for iter.c and stages.c.
 */
#ifndef CD_GEN_ITER_H
#define CD_GEN_ITER_H

#include <cede/iter.h>

/* A pass.  over: it has answered 0 or an error, and answers 0 from now on.
 * What it owns (gen, source) is closed with it, before its kind's end. */
struct cede_iter {
    const cede_sequence *kind;
    void *self; /* handed to the kind; ours is the iterator itself */
    size_t item_size;
    void *cursor; /* the kind's, behind this struct */
    void *room;   /* for one item, behind the cursor */
    cede_gen *gen;
    struct cede_iter *source[2];
    cede_iterable source_of; /* what it is a pass over, if an iterable */
    const unsigned *version;
    unsigned seen; /* *version when the pass began */
    int owed;      /* an error to answer instead of the first item */
    bool over;
};

/* An iterator of a kind; self NULL: itself.  NULL without memory. */
cede_iter *cd_iter_make(const cede_sequence *kind, void *self,
                        size_t item_size);

/* An iterator whose first pull fails with err. */
cede_iter *cd_iter_refused(int err, size_t item_size);

/* It is a pass over a generator, and nothing more. */
bool cd_iter_is_gen(const cede_iter *it);

/* Bytes of what a generator yields. */
size_t cd_gen_out_size(const cede_gen *g);

#endif
