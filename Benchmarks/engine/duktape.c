// The same script in Duktape: duktape SCRIPT PACKETS call|batch. Prints packets a second.
//
//   call    an object made by the C API and one call for each packet: how an embedder would begin
//   batch   the way that Remora takes: 256 packets as numbers in a typed array, walked by a loop in JavaScript
#include <duktape.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 256, COLUMNS = 5 };

static const char *const prelude =
    "var task, printed = '';"
    "var jobs = { schedule: function (tag, cron, f) { task = f; } };"
    "var console = { log: function () { printed = Array.prototype.join.call(arguments, ' '); } };";

static const char *const walker =
    "(function (b, count) {"
    "  for (var i = 0; i < count; i++) {"
    "    var o = i * 5;"
    "    onPacketCaptured({ timestamp: b[o], captureLength: b[o + 2], length: b[o + 3],"
    "      truncated: (b[o + 4] & 1) !== 0, fragmented: (b[o + 4] & 2) !== 0 });"
    "  }"
    "})";

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static char *contents(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    char *text = calloc(1, 1 << 20);
    if (text == NULL || fread(text, 1, (1 << 20) - 1, file) == 0) exit(1);
    fclose(file);
    return text;
}

static void call_each(duk_context *context, long packets) {
    duk_get_global_string(context, "onPacketCaptured");
    for (long i = 0; i < packets; i++) {
        double length = (double)(60 + i % 1455);
        duk_dup_top(context);
        duk_push_object(context);
        duk_push_number(context, 1700000000.0 + (double)i);
        duk_put_prop_string(context, -2, "timestamp");
        duk_push_number(context, length);
        duk_put_prop_string(context, -2, "captureLength");
        duk_push_number(context, length);
        duk_put_prop_string(context, -2, "length");
        duk_push_false(context);
        duk_put_prop_string(context, -2, "truncated");
        duk_push_false(context);
        duk_put_prop_string(context, -2, "fragmented");
        duk_call(context, 1);
        duk_pop(context);
    }
}

static void call_batches(duk_context *context, long packets) {
    double *numbers = duk_push_fixed_buffer(context, sizeof(double) * BATCH * COLUMNS);
    duk_push_buffer_object(context, -1, 0, sizeof(double) * BATCH * COLUMNS, DUK_BUFOBJ_FLOAT64ARRAY);
    duk_eval_string(context, walker);
    for (long i = 0; i < packets; i += BATCH) {
        for (int row = 0; row < BATCH; row++) {
            double length = (double)(60 + (i + row) % 1455);
            double *at = numbers + row * COLUMNS;
            at[0] = 1700000000.0 + (double)i, at[1] = 0, at[2] = length, at[3] = length, at[4] = 0;
        }
        duk_dup_top(context);
        duk_dup(context, -3);
        duk_push_int(context, BATCH);
        duk_call(context, 2);
        duk_pop(context);
    }
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    long packets = atol(argv[2]) / BATCH * BATCH;
    duk_context *context = duk_create_heap_default();
    duk_eval_string_noresult(context, prelude);
    if (duk_peval_string(context, contents(argv[1])) != 0) {
        fprintf(stderr, "%s\n", duk_safe_to_string(context, -1));
        return 1;
    }
    double start = now();
    if (strcmp(argv[3], "batch") == 0) call_batches(context, packets);
    else call_each(context, packets);
    double seconds = now() - start;

    char expected[64];
    snprintf(expected, sizeof expected, "%ld packets,", packets);
    duk_eval_string_noresult(context, "task()");
    duk_eval_string(context, "printed");
    if (strncmp(duk_get_string(context, -1), expected, strlen(expected)) != 0) {
        fprintf(stderr, "counted %s, not %s\n", duk_get_string(context, -1), expected);
        return 1;
    }
    printf("%.0f\n", (double)packets / seconds);
    duk_destroy_heap(context);
    return 0;
}
