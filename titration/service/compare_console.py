"""What ``compare`` prints and writes."""

import json
import sys
from argparse import Namespace

from titration.service.compare import Comparison, compare
from titration.service.console import output_width, progress_bar, report_errors, say, taper_mode
from titration.service.packs import open_formulary, open_pack


def compare_packs(arguments: Namespace) -> int:
    """Compare packs on a log; print the figures, write the page and the tables as asked."""
    from titration.report.summary_text import render_sections
    from titration.report.versus_page import write_versus_page
    from titration.report.versus_tables import statement, versus_sections
    from titration.report.versus_words import phrase

    names = [name.strip() for name in arguments.packs.split(",") if name.strip()]
    packs = tuple(open_pack(name, arguments.rules) for name in names)
    with progress_bar() as progress:
        found = compare(
            Comparison(
                path=arguments.path,
                packs=packs,
                formulary=open_formulary(arguments.rules),
                format=arguments.format,
                taper_always=taper_mode(arguments),
                out=arguments.out,
                progress=progress,
            )
        )
    if arguments.html is not None:
        write_versus_page(arguments.html, summary=found.summary, language=arguments.lang)
        say(f"wrote {arguments.html}")
    if arguments.out is not None:
        say(f"wrote compare.json and opposites.csv to {arguments.out}")
    if arguments.json:
        print(json.dumps(found.summary, ensure_ascii=False, indent=2))
    else:
        title = phrase("title", arguments.lang)
        sections = versus_sections(found.summary, arguments.lang)
        width = output_width()
        sys.stdout.write(render_sections(title, statement(arguments.lang), sections, arguments.lang, width))
    return report_errors(found.errors)
