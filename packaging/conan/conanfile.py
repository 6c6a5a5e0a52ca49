"""Conan's recipe: builds the tree that it lies in. SPDX-License-Identifier: Apache-2.0"""

import pathlib
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy


class Kinit(ConanFile):
    name = "kinit"
    description = "Weight initialization with the same bits everywhere"
    license = "Apache-2.0"
    topics = ("random", "philox", "initialization", "reproducibility")
    package_type = "library"
    settings = "os", "arch", "compiler", "build_type"
    options = {"shared": [True, False], "fPIC": [True, False], "system_sleef": [True, False]}
    default_options = {"shared": False, "fPIC": True, "system_sleef": False}
    generators = ("CMakeDeps",)

    @property
    def tree(self):
        return pathlib.Path(self.recipe_folder).parents[1]

    def set_version(self):
        header = (self.tree / "include" / "kinit" / "kinit.h").read_text()
        self.version = ".".join(re.findall(r"#define KINIT_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header))

    def export_sources(self):
        for pattern in ("CMakeLists.txt", "LICENSE", "cmake/*", "include/*", "src/*"):
            copy(self, pattern, self.tree, self.export_sources_folder)

    def configure(self):
        if self.options.shared:
            self.options.rm_safe("fPIC")
        self.settings.rm_safe("compiler.cppstd")
        self.settings.rm_safe("compiler.libcxx")

    def requirements(self):
        if not self.options.system_sleef:
            self.requires("sleef/[>=3.6]")

    def validate(self):
        if self.settings.arch not in ("x86_64", "armv8") or self.settings.os not in ("Linux", "Macos"):
            raise ConanInvalidConfiguration("kinit is for x86-64 and AArch64 under Linux and macOS")

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        for part in ("TESTS", "BENCH", "EXAMPLES", "TOOLS"):
            toolchain.cache_variables[f"KINIT_BUILD_{part}"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build(target="kinit_shared" if self.options.shared else "kinit_static")

    def package(self):
        copy(self, "LICENSE", self.source_folder, pathlib.Path(self.package_folder, "licenses"))
        copy(self, "*.h", pathlib.Path(self.source_folder, "include"), pathlib.Path(self.package_folder, "include"))
        kind = "libkinit.so*" if self.options.shared else "libkinit.a"
        for pattern in (kind, "libkinit*.dylib") if self.options.shared else (kind,):
            copy(self, pattern, self.build_folder, pathlib.Path(self.package_folder, "lib"), keep_path=False)

    def package_info(self):
        self.cpp_info.libs = ["kinit"]
        self.cpp_info.set_property("cmake_target_name", "kinit::kinit")
        self.cpp_info.set_property("pkg_config_name", "kinit")
        self.cpp_info.system_libs = ["m", "pthread"] + (["sleef"] if self.options.system_sleef else [])
