#pragma once
/// @file app/service/smtp_terms.h  What a listener of this configuration offers and demands.
#include "config/config.h"
#include "smtp/server/terms.h"

namespace imc::app {

/// @param certificate  one is loaded for this listener
smtp::Terms smtp_terms(const config::Config& config, const config::ListenerSetting& listener,
                       bool certificate);

}  // namespace imc::app
