// Writes the sample page to the file that is named: what the browser test opens.

#include <cstdio>

#include "tests/report/samples.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto html = ocs::report::PageHtml(ocs::report::testing::SamplePage());
  if (!html.ok()) return 1;
  std::FILE* file = std::fopen(argv[1], "wb");
  if (file == nullptr) return 1;
  const bool written = std::fwrite(html->data(), 1, html->size(), file) == html->size();
  return std::fclose(file) == 0 && written ? 0 : 1;
}
