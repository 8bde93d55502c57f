#include <stdlib.h>

#include "base/check.h"
#include "fuzz.h"
#include "proto/settings_codec.h"
#include "server/config/node_file.h"
#include "server/config/settings_file.h"

/*
 * Any bytes as network.yaml and as node.yaml: either a value or at least one problem. What is
 * read can be decoded again by every node.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config_problems problems;
    struct settings_file *settings = NULL;
    struct settings_document *document = NULL;
    struct node_file *node = NULL;
    int rv = settings_file_parse((struct bytes){ data, size }, &problems, &settings);

    ensure(rv <= 0 || problems.n > 0);
    if (rv == 0) {
        ensure(settings_decode(settings->encoded, &document) == 0);
        document = settings_document_free(document);
    }
    settings = settings_file_free(settings);

    rv = node_file_parse((struct bytes){ data, size }, &problems, &node);
    ensure(rv <= 0 || problems.n > 0);
    node = node_file_free(node);
    return 0;
}
