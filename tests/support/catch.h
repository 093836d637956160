// The only way to include Catch2: version 3's header where it is, else version 2's.

#ifndef TESTS_SUPPORT_CATCH_H_
#define TESTS_SUPPORT_CATCH_H_

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#endif  // TESTS_SUPPORT_CATCH_H_
