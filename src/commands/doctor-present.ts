/** Which text a doctor's report becomes. */
import type { Io } from '../io/io.ts';
import type { DoctorReport } from '../model/doctor.ts';
import { renderDoctorTable } from '../report/doctor-table.ts';
import { renderJson } from '../report/json.ts';
import { paletteFor } from '../report/screen.ts';
import { renderYaml } from '../report/yaml.ts';
import { usesColor } from './color.ts';
import type { DoctorFlags } from './doctor-request.ts';

/** A pipe has no edge, but a line has to stay readable. */
const PIPE_COLUMNS = 120;

export function renderDoctor(report: DoctorReport, flags: DoctorFlags, io: Io): string {
  switch (flags.output) {
    case 'json':
      return renderJson(report);
    case 'yaml':
      return renderYaml(report);
    case 'table':
      return renderDoctorTable(report, {
        width: io.out.isTerminal ? io.out.columns : PIPE_COLUMNS,
        palette: paletteFor(usesColor(io, io.out, flags)),
      });
  }
}
