#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

// What OpenSSL has as macros, and what would be unreadable without them.

/// Takes http/1.1 if the client offers it; without it there is no agreement, and the connection goes on.
static inline int remora_ssl_select_http1(
    SSL *ssl, const unsigned char **out, unsigned char *length, const unsigned char *in, unsigned int count,
    void *context) {
    static const unsigned char wanted[] = "\x08http/1.1";
    (void)ssl;
    (void)context;
    int found = SSL_select_next_proto((unsigned char **)out, length, wanted, sizeof wanted - 1, in, count);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/// A server's context: TLS 1.2 and newer, forward secrecy alone, no renegotiation. NULL on an error, which the queue has.
static inline SSL_CTX *remora_ssl_server_context(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context) return NULL;
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(context, remora_ssl_select_http1, NULL);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1
        || SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
        SSL_CTX_free(context);
        return NULL;
    }
    return context;
}

/// Loads a chain, the server's own certificate first, and its key, from PEM texts. Returns 1 if they belong together.
static inline int remora_ssl_use(
    SSL_CTX *context, const void *chain, int chain_count, const void *key, int key_count) {
    int result = 0;
    X509 *certificate = NULL;
    EVP_PKEY *private_key = NULL;
    BIO *chain_bio = BIO_new_mem_buf(chain, chain_count);
    BIO *key_bio = BIO_new_mem_buf(key, key_count);
    if (!chain_bio || !key_bio) goto end;
    certificate = PEM_read_bio_X509(chain_bio, NULL, NULL, NULL);
    if (!certificate || SSL_CTX_use_certificate(context, certificate) != 1) goto end;
    SSL_CTX_clear_chain_certs(context);
    for (;;) {
        X509 *next = PEM_read_bio_X509(chain_bio, NULL, NULL, NULL);
        if (!next) break;
        if (SSL_CTX_add0_chain_cert(context, next) != 1) {
            X509_free(next);
            goto end;
        }
    }
    // The end of the text is no error.
    ERR_clear_error();
    private_key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, (void *)"");
    if (!private_key || SSL_CTX_use_PrivateKey(context, private_key) != 1) goto end;
    result = SSL_CTX_check_private_key(context);
end:
    EVP_PKEY_free(private_key);
    X509_free(certificate);
    BIO_free(chain_bio);
    BIO_free(key_bio);
    return result == 1;
}

/// What a memory BIO holds, without taking it.
static inline long remora_bio_data(BIO *bio, char **data) { return BIO_get_mem_data(bio, data); }

static inline int remora_x509_add(X509 *certificate, X509V3_CTX *context, int kind, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, kind, value);
    int result = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return result;
}

/// Reads a certificate and its key from PEM texts. Returns 1 on success; then the caller frees both.
static inline int remora_read_pair(
    const void *text, int text_count, const void *key_text, int key_count, X509 **certificate, EVP_PKEY **key) {
    BIO *text_bio = BIO_new_mem_buf(text, text_count);
    BIO *key_bio = BIO_new_mem_buf(key_text, key_count);
    if (text_bio) *certificate = PEM_read_bio_X509(text_bio, NULL, NULL, NULL);
    if (key_bio) *key = PEM_read_bio_PrivateKey(key_bio, NULL, NULL, (void *)"");
    BIO_free(text_bio);
    BIO_free(key_bio);
    if (*certificate && *key && X509_check_private_key(*certificate, *key) == 1) return 1;
    X509_free(*certificate);
    EVP_PKEY_free(*key);
    *certificate = NULL;
    *key = NULL;
    return 0;
}

/// Makes a key on P-256 and a certificate for it, both as PEM.
///
/// `names` are alternative names as OpenSSL writes them: "DNS:a,IP:10.0.0.1"; NULL makes an authority, which is no server.
/// `issuer` signs it; NULL: it signs itself. The certificate is valid from an hour ago, since clocks differ, and for so many
/// seconds from now. Returns 1 on success.
static inline int remora_make_certificate(
    const char *common_name, const char *names, long seconds, X509 *issuer, EVP_PKEY *issuer_key, BIO *certificate_out,
    BIO *key_out) {
    int result = 0;
    unsigned char serial[16];
    X509V3_CTX context;
    BIGNUM *number = NULL;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *certificate = X509_new();
    if (!key || !certificate || RAND_bytes(serial, sizeof serial) != 1) goto end;
    // Positive, and of full length.
    serial[0] = (serial[0] & 0x7f) | 0x40;
    number = BN_bin2bn(serial, sizeof serial, NULL);
    if (!number || !BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate))) goto end;
    X509_NAME *name = X509_get_subject_name(certificate);
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer ? issuer : certificate, certificate, NULL, NULL, 0);
    if (X509_set_version(certificate, X509_VERSION_3) != 1
        || !X509_gmtime_adj(X509_getm_notBefore(certificate), -3600)
        || !X509_gmtime_adj(X509_getm_notAfter(certificate), seconds)
        || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) != 1
        || X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer) : name) != 1
        || X509_set_pubkey(certificate, key) != 1
        || !remora_x509_add(certificate, &context, NID_subject_key_identifier, "hash"))
        goto end;
    if (issuer) {
        if (!remora_x509_add(certificate, &context, NID_authority_key_identifier, "keyid:always")
            || !remora_x509_add(certificate, &context, NID_basic_constraints, "critical,CA:FALSE")
            || !remora_x509_add(certificate, &context, NID_key_usage, "critical,digitalSignature"))
            goto end;
    } else if (
        // Its own authority, and nobody else's; or that of servers, and of no further authorities.
        !remora_x509_add(certificate, &context, NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
        || !remora_x509_add(certificate, &context, NID_key_usage, "critical,digitalSignature,keyCertSign"))
        goto end;
    if (names
        && (!remora_x509_add(certificate, &context, NID_ext_key_usage, "serverAuth")
            || !remora_x509_add(certificate, &context, NID_subject_alt_name, names)))
        goto end;
    if (X509_sign(certificate, issuer ? issuer_key : key, EVP_sha256()) <= 0) goto end;
    result = PEM_write_bio_X509(certificate_out, certificate) == 1
        && PEM_write_bio_PrivateKey(key_out, key, NULL, NULL, 0, NULL, NULL) == 1;
end:
    BN_free(number);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return result;
}
