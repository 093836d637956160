// A store in memory, for tests and the simulator: the same promises but for power loss.

#ifndef BALANCE_MEM_STORE_H_
#define BALANCE_MEM_STORE_H_

#include <memory>

#include "balance/store.h"

namespace ocs::balance {

/// An empty store in memory.
std::unique_ptr<Store> MakeMemStore();

}  // namespace ocs::balance

#endif  // BALANCE_MEM_STORE_H_
