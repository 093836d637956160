#include "tests/e2e/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/support/catch.h"

namespace ocs::e2e {
namespace {

using KeyPointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificatePointer = std::unique_ptr<X509, decltype(&X509_free)>;

KeyPointer MakeKey() {
  KeyPointer key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  REQUIRE(key != nullptr);
  return key;
}

std::string Take(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  std::string text(bytes, static_cast<size_t>(size));
  BIO_free(memory);
  return text;
}

std::string PemOf(X509* certificate) {
  BIO* memory = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio_X509(memory, certificate) == 1);
  return Take(memory);
}

std::string PemOf(EVP_PKEY* key) {
  BIO* memory = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio_PrivateKey(memory, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return Take(memory);
}

void AddEntry(X509_NAME* name, const char* field, const std::string& text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.c_str());
  REQUIRE(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes, -1, -1, 0) == 1);
}

void AddExtension(X509* certificate, int id, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
  REQUIRE(extension != nullptr);
  REQUIRE(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

CertificatePointer MakeCertificate(const std::string& common_name, EVP_PKEY* key,
                                   Validity validity) {
  static long serial = 0;
  constexpr long kHour = 3600;
  CertificatePointer certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -2 * kHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()),
                  validity == Validity::kNow ? kHour : -kHour);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  AddEntry(name, "O", "Some Telecom");
  AddEntry(name, "CN", common_name);
  return certificate;
}

}  // namespace

struct Authority::State {
  KeyPointer key = MakeKey();
  CertificatePointer certificate{nullptr, &X509_free};
};

Authority::Authority(const std::string& name) : state_(std::make_unique<State>()) {
  state_->certificate = MakeCertificate(name, state_->key.get(), Validity::kNow);
  X509* certificate = state_->certificate.get();
  AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  REQUIRE(X509_set_issuer_name(certificate, X509_get_subject_name(certificate)) == 1);
  REQUIRE(X509_sign(certificate, state_->key.get(), EVP_sha256()) > 0);
  certificate_ = PemOf(certificate);
}

Authority::~Authority() = default;

Certificate Authority::Sign(const std::string& common_name, Validity validity) const {
  const KeyPointer key = MakeKey();
  const CertificatePointer certificate = MakeCertificate(common_name, key.get(), validity);
  AddExtension(certificate.get(), NID_basic_constraints, "CA:FALSE");
  AddExtension(certificate.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  X509_NAME* issuer = X509_get_subject_name(state_->certificate.get());
  REQUIRE(X509_set_issuer_name(certificate.get(), issuer) == 1);
  REQUIRE(X509_sign(certificate.get(), state_->key.get(), EVP_sha256()) > 0);
  return {PemOf(certificate.get()), PemOf(key.get())};
}

}  // namespace ocs::e2e
