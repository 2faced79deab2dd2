#pragma once
/// @file app/start/tls_checks.h  Assertions about certificates.
///
/// A certificate that cannot be used is a warning, not a refusal: mail goes on without TLS, and
/// listeners that promise TLS refuse their clients.
#include "config/assertion.h"
#include "config/config.h"
#include "smtp/tls/certificates.h"

namespace imc::app {

/// tls.certificate, one per row of TlsCertificates; tls.client-ca.
void judge_certificates(const config::Config& config, std::vector<config::Assertion>& out);

/// admin.listener: elsewhere than on loopback the Administrator needs a certificate to show, or the
/// service does not start.
void judge_admin_listener(const config::Config& config, std::vector<config::Assertion>& out);

smtp::TlsSettings tls_settings(const config::Config& config);

}  // namespace imc::app
