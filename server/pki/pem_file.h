#ifndef SERVER_PKI_PEM_FILE_H
#define SERVER_PKI_PEM_FILE_H

#include <openssl/x509.h>

/*
 * PEM file - reads and writes one key, certificate or revocation list
 *
 * A file is written beside its place, synced, and then put there whole. Writers return 0 or a
 * positive errno; readers the object, or NULL with errno set (EINVAL: it is there, but is no such
 * thing).
 */
int pem_write_key(const char *path, const EVP_PKEY *key); /* mode 0600 */
int pem_write_certificate(const char *path, const X509 *certificate);
int pem_write_crl(const char *path, const X509_CRL *crl);

EVP_PKEY *pem_read_key(const char *path);
X509 *pem_read_certificate(const char *path);
X509_CRL *pem_read_crl(const char *path);

#endif
