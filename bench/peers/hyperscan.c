/* Hyperscan over literals, controlled by commands on standard input, one per line:
 *   compile FILE        literals, one per line
 *   load CORPUS ENDS    the text, and start and end of each piece, one pair per line
 *   time                scans every piece; prints the CPU seconds of this thread
 *   hits FILE           scans every piece; writes start and end of each match
 * Every response is one line: "ok" and the result, or an error message. */
#include <hs/hs.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static hs_database_t *database;
static hs_scratch_t *scratch;
static size_t *lengths;
static char *corpus;
static size_t (*pieces)[2];
static size_t piece_count;

struct sink { FILE *file; size_t start; unsigned long long count; };

static int on_match(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context) {
    struct sink *sink = context;
    (void)from;
    (void)flags;
    sink->count++;
    if (sink->file)
        fprintf(sink->file, "%llu %llu\n", (unsigned long long)(sink->start + to - lengths[id]), sink->start + to);
    return 0;
}

static char *read_whole(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    long end = ftell(file);
    rewind(file);
    char *bytes = malloc((size_t)end + 1);
    if (bytes && fread(bytes, 1, (size_t)end, file) != (size_t)end) { free(bytes); bytes = NULL; }
    fclose(file);
    if (bytes) { bytes[end] = 0; *length = (size_t)end; }
    return bytes;
}

static const char *compile(const char *path) {
    size_t length, count = 1;
    char *text = read_whole(path, &length);
    if (!text) return "the literals cannot be read";
    for (size_t i = 0; i < length; i++) count += text[i] == '\n';
    const char **literals = malloc(count * sizeof *literals);
    unsigned *flags = calloc(count, sizeof *flags), *ids = malloc(count * sizeof *ids);
    lengths = malloc(count * sizeof *lengths);
    if (!literals || !flags || !ids || !lengths) return "out of memory";
    char *at = text;
    for (size_t i = 0; i < count; i++) {
        char *end = strchr(at, '\n');
        literals[i] = at;
        lengths[i] = end ? (size_t)(end - at) : strlen(at);
        ids[i] = (unsigned)i;
        if (end) { *end = 0; at = end + 1; }
    }
    hs_compile_error_t *error = NULL;
    if (hs_compile_lit_multi(literals, flags, ids, lengths, (unsigned)count, HS_MODE_BLOCK, NULL, &database, &error) != HS_SUCCESS)
        return error && error->message ? error->message : "the literals cannot be compiled";
    if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) return "out of memory";
    free(literals); free(flags); free(ids); free(text);
    return NULL;
}

static const char *load(const char *corpus_path, const char *ends_path) {
    size_t length;
    free(corpus);
    corpus = read_whole(corpus_path, &length);
    char *ends = read_whole(ends_path, &length);
    if (!corpus || !ends) return "the corpus cannot be read";
    piece_count = 0;
    for (size_t i = 0; i < length; i++) piece_count += ends[i] == '\n';
    free(pieces);
    pieces = malloc(piece_count * sizeof *pieces);
    if (!pieces) return "out of memory";
    char *at = ends;
    for (size_t i = 0; i < piece_count; i++)
        for (int side = 0; side < 2; side++) pieces[i][side] = strtoull(at, &at, 10);
    free(ends);
    return NULL;
}

static const char *scan(FILE *file, double *seconds) {
    struct timespec before, after;
    struct sink sink = {file, 0, 0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    for (size_t i = 0; i < piece_count; i++) {
        sink.start = pieces[i][0];
        if (hs_scan(database, corpus + pieces[i][0], (unsigned)(pieces[i][1] - pieces[i][0]), 0, scratch, on_match, &sink) != HS_SUCCESS)
            return "a scan failed";
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    *seconds = (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) * 1e-9;
    return NULL;
}

int main(void) {
    static char line[8192];
    while (fgets(line, sizeof line, stdin)) {
        char *word = strtok(line, " \n"), *first = strtok(NULL, " \n"), *second = strtok(NULL, " \n");
        const char *wrong = "unknown command";
        double seconds = 0;
        if (word && !strcmp(word, "compile") && first) wrong = compile(first);
        else if (word && !strcmp(word, "load") && first && second) wrong = load(first, second);
        else if (word && !strcmp(word, "time") && database && pieces) wrong = scan(NULL, &seconds);
        else if (word && !strcmp(word, "hits") && first && database && pieces) {
            FILE *file = fopen(first, "w");
            wrong = file ? scan(file, &seconds) : "the file cannot be written";
            if (file && fclose(file) != 0) wrong = "the file cannot be written";
        }
        if (wrong) printf("failed: %s\n", wrong);
        else printf("ok %.9f\n", seconds);
        fflush(stdout);
    }
    return 0;
}
