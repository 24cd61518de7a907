/* SPDX-License-Identifier: MIT
 *
 * S003-8 - a file and a lock as context managers: released on every way out.
 */
#include "seed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_locked(void)
{
    if (pthread_mutex_trylock(&lock) != 0)
        return true;
    pthread_mutex_unlock(&lock);
    return false;
}

/* Write text to a file and close it, read it back. */
static int write_and_read(const char *dir, const char *text)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/x", dir) >= (int)sizeof path)
        return -ENAMETOOLONG;
    int rc;
    cede_fopening file = {.path = path, .mode = "w"};
    cede_using (rc, &cede_manager_fopen, &file)
        fputs(text, file.file);
    CEDE_TRY(rc);
    printf("%s ", seed_bool(file.file == NULL));

    char *line = NULL;
    size_t size = 0;
    file.mode = "r";
    cede_using (rc, &cede_manager_fopen, &file)
        if (getline(&line, &size, file.file) >= 0)
            puts(line);
    free(line);
    return rc;
}

static int use(const char *how, const char *key)
{
    int rc;
    cede_using (rc, &cede_manager_pthread_mutex, &lock) {
        if (strcmp(how, "return") == 0)
            return rc;
        if (strcmp(how, "raise") == 0)
            rc = cede_fail(SEED_KEY_ERROR, "%s", key);
    }
    return rc;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "TEXT KEY WAYS...");
    int rc;
    cede_tempdir dir = {0};
    cede_using (rc, &cede_manager_tempdir, &dir)
        rc = write_and_read(dir.path, argv[1]);
    for (int i = 3; i < argc; i++) {
        int failure = use(argv[i], argv[2]);
        if (failure < 0) {
            printf("propagated ");
            seed_repr(seed_text(seed_translate(SEED_PASS, failure).text));
            putchar('\n');
        }
        printf("%s locked after: %s\n", argv[i], seed_bool(is_locked()));
    }
    return rc < 0;
}
