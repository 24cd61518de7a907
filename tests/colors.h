/* SPDX-License-Identifier: MIT
 *
 * colors.h - two task-local values for tests.  Include check.h first.
 */
#ifndef CEDE_TESTS_COLORS_H
#define CEDE_TESTS_COLORS_H

static cede_local color = CEDE_LOCAL("color", NULL);
static cede_local size = CEDE_LOCAL("size", "medium");

static inline const char *color_here(void)
{
    const char *value = cede_local_get(&color);
    return value ? value : "-";
}

static inline void paint(const char *value)
{
    CHECK_EQ(cede_local_set(&color, (void *)(uintptr_t)value), 0);
}

#endif
