#pragma once
/// @file app/service/local_account.h  Who dropped a file into the pickup folder, says the kernel.
///
/// What belongs to the service's user was handed over by root (`imc sendmail` of root gives its
/// files to the folder's owner) or by the service's own programs: nobody else can make such a file
/// or move one here. What belongs to another user he has written; but whoever may write a folder in
/// which he left it could have moved it here, so he counts only where PickupAccounts says owner
/// (docs/decisions/20261127-local-accounts.md). A file with several names, or that others may
/// write, is nobody's, and so is one that belongs to uid 0 itself.
///
/// Threads: any; name_of_user() may wait for the host's user database.
#include "app/service/pickup_folder.h"
#include "config/config.h"

namespace imc::app {

/// The login name; empty: none.
std::string name_of_user(unsigned uid);

/// "local:root", "local:alice"; empty: nobody's.
std::string local_account(const Taken& taken, config::PickupAccounts whose, unsigned our_uid,
                          const std::function<std::string(unsigned)>& name_of = name_of_user);

}  // namespace imc::app
