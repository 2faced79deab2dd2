#pragma once
/// @file spool/memory_spool.h  A spool without a disk, for tests: what it has acknowledged lives as
/// long as its store, so that a second one opened on that is a restart.
///
/// Keeps the contract of spool.h (tests/spool/contract_test.cc runs on both engines). Nothing
/// survives the process.
#include "spool/spool.h"

namespace imc::spool {

class MemoryStore;

std::shared_ptr<MemoryStore> make_memory_store();

/// 40151: another one is open on that store.
Result<std::unique_ptr<Spool>> open_memory_spool(std::shared_ptr<MemoryStore> store);

}  // namespace imc::spool
