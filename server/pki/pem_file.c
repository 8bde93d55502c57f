#include "server/pki/pem_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Writing */

static int write_all(int fd, const char *at, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, at, n);

        if (written < 0 && errno != EINTR) {
            return errno;
        }
        at += written > 0 ? written : 0;
        n -= written > 0 ? (size_t)written : 0;
    }
    return fsync(fd) == 0 ? 0 : errno;
}

/* The temporary file is always a new one, so that its mode is ours and it is nobody's link. */
static int write_file(const char *path, BIO *pem, mode_t mode)
{
    char temporary[PATH_MAX];
    char *at = NULL;
    long n = BIO_get_mem_data(pem, &at);
    int length = snprintf(temporary, sizeof temporary, "%s.new", path);
    int fd = -1;
    int rv;

    if (length < 0 || length >= (int)sizeof temporary) {
        return ENAMETOOLONG;
    }
    (void)unlink(temporary);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) {
        return errno;
    }
    rv = write_all(fd, at, (size_t)n);
    rv = close(fd) == 0 || rv != 0 ? rv : errno;
    if (rv == 0 && rename(temporary, path) != 0) {
        rv = errno;
    }
    if (rv != 0) {
        (void)unlink(temporary);
    }
    return rv;
}

int pem_write_key(const char *path, const EVP_PKEY *key)
{
    BIO *pem = BIO_new(BIO_s_secmem());
    int rv = pem != NULL && PEM_write_bio_PrivateKey(pem, key, NULL, NULL, 0, NULL, NULL) == 1
                 ? write_file(path, pem, S_IRUSR | S_IWUSR)
                 : ENOMEM;

    (void)BIO_free(pem);
    return rv;
}

enum { PUBLIC = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH }; /* less what umask takes */

int pem_write_certificate(const char *path, const X509 *certificate)
{
    BIO *pem = BIO_new(BIO_s_mem());
    int rv = pem != NULL && PEM_write_bio_X509(pem, certificate) == 1
                 ? write_file(path, pem, PUBLIC)
                 : ENOMEM;

    (void)BIO_free(pem);
    return rv;
}

int pem_write_crl(const char *path, const X509_CRL *crl)
{
    BIO *pem = BIO_new(BIO_s_mem());
    int rv = pem != NULL && PEM_write_bio_X509_CRL(pem, crl) == 1 ? write_file(path, pem, PUBLIC)
                                                                  : ENOMEM;

    (void)BIO_free(pem);
    return rv;
}

/* ---- Reading */

static int no_password(char *buf, int size, int rwflag, void *data)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)data;
    return -1;
}

static FILE *open_file(const char *path)
{
    ERR_clear_error();
    return fopen(path, "re");
}

/* Whatever was read: from now on errno is for the case that it was nothing. */
static void close_file(FILE *f)
{
    (void)fclose(f);
    errno = EINVAL;
}

EVP_PKEY *pem_read_key(const char *path)
{
    FILE *f = open_file(path);
    EVP_PKEY *key = f == NULL ? NULL : PEM_read_PrivateKey(f, NULL, no_password, NULL);

    if (f != NULL) {
        close_file(f);
    }
    return key;
}

X509 *pem_read_certificate(const char *path)
{
    FILE *f = open_file(path);
    X509 *certificate = f == NULL ? NULL : PEM_read_X509(f, NULL, NULL, NULL);

    if (f != NULL) {
        close_file(f);
    }
    return certificate;
}

X509_CRL *pem_read_crl(const char *path)
{
    FILE *f = open_file(path);
    X509_CRL *crl = f == NULL ? NULL : PEM_read_X509_CRL(f, NULL, NULL, NULL);

    if (f != NULL) {
        close_file(f);
    }
    return crl;
}
