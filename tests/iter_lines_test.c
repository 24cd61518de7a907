/* SPDX-License-Identifier: MIT
 *
 * iter_lines_test.c - the lines of a file.
 */
#include "check.h"

static FILE *file_of(const char *bytes, size_t size)
{
    FILE *file = tmpfile();
    CHECK(file && fwrite(bytes, 1, size, file) == size);
    rewind(file);
    return file;
}

TEST(lines_have_their_newline_their_nuls_and_an_end)
{
    FILE *file = file_of("a\nb\0c\n\nlast", 11);
    const size_t sizes[] = {2, 4, 1, 4};
    int i = 0;
    cede_each (cede_line, line, cede_iter_lines(file)) {
        CHECK_EQ(line.size, sizes[i++]);
        CHECK_EQ(line.text[line.size], '\0');
        CHECK_EQ(line.text[line.size - 1], i < 4 ? '\n' : 't');
    }
    CHECK_EQ(i, 4);
    CHECK_EQ(cede_each_error(), 0);
    CHECK_EQ(fclose(file), 0);
}

TEST(an_empty_file_has_no_lines)
{
    FILE *file = file_of("", 0);
    cede_iter *it = cede_iter_lines(file);
    CHECK_EQ(cede_iter_size(it), sizeof(cede_line));
    CHECK_EQ(cede_iter_next(it, NULL), 0);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(fclose(file), 0);
}

TEST(two_iterators_over_one_file_share_its_position)
{
    FILE *file = file_of("a\nb\nc\n", 6);
    cede_iter *a = cede_iter_lines(file), *b = cede_iter_lines(file);
    cede_line x, y;
    CHECK_EQ(cede_iter_next(a, &x), 1);
    CHECK_EQ(cede_iter_next(b, &y), 1);
    CHECK(x.text[0] == 'a' && y.text[0] == 'b');
    CHECK_EQ(cede_iter_close(a), 0);
    CHECK_EQ(fgetc(file), 'c');
    CHECK_EQ(cede_iter_close(b), 0);
    CHECK_EQ(fclose(file), 0);
}

TEST(a_line_may_be_long)
{
    size_t size = 300000;
    char *text = malloc(size);
    memset(text, 'x', size);
    FILE *file = file_of(text, size);
    cede_iter *it = cede_iter_lines(file);
    cede_line line;
    CHECK_EQ(cede_iter_next(it, &line), 1);
    CHECK_EQ(line.size, size);
    CHECK_EQ(strlen(line.text), size);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(fclose(file), 0);
    free(text);
}

TEST(a_file_that_cannot_be_read_fails_once)
{
    FILE *file = fopen("/", "r");
    cede_iter *it = cede_iter_lines(file);
    CHECK_ERR(cede_iter_next(it, NULL), -EISDIR);
    CHECK_EQ(cede_iter_next(it, NULL), 0);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(fclose(file), 0);
}

SUITE("iter_lines")
