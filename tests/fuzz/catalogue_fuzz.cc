// The reader of catalogues: any text gives diagnostics or a catalogue, and a catalogue compiles.

#include <memory>
#include <string_view>

#include "ocs/base/check.h"
#include "rating/catalogue.h"
#include "rating/tariff.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = ocs::testing::TextOf(data, size);
  const ocs::rating::CatalogueCheck check = ocs::rating::ParseCatalogue(text, "fuzz.yaml");
  OCS_CHECK(check.catalogue.has_value() == check.diagnostics.empty());
  OCS_CHECK(check.diagnostics.size() <= ocs::rating::kDiagnosticsMax);
  for (const ocs::rating::Diagnostic& diagnostic : check.diagnostics) {
    OCS_CHECK(diagnostic.line >= 0);
    OCS_CHECK(!diagnostic.message.empty());
  }
  if (!check.catalogue.has_value()) return 0;
  const auto tariff = ocs::rating::Tariff::Compile(*check.catalogue, 1);
  OCS_CHECK(tariff != nullptr);
  OCS_CHECK(tariff->model_count() == check.catalogue->models.size());
  OCS_CHECK(tariff->offer_count() == check.catalogue->offers.size());
  return 0;
}
