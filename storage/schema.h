#ifndef STORAGE_SCHEMA_H
#define STORAGE_SCHEMA_H

/* Schema - the files of schema/ in their order, each as one string; made by cmake/Schema.cmake. */
extern const char *const schema_steps[];
extern const unsigned schema_n_steps;

#endif
