import { TRAINING_GAPS } from './sheets';
import { SheetPage } from './sheet';

export const TrainingGaps = () => <SheetPage sheet={TRAINING_GAPS} />;
